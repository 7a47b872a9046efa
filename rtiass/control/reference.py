"""The vocabulary as a table for the manual: ``python -m rtiass.control.reference`` prints it."""

from __future__ import annotations

from rtiass.control.parameter import Parameter
from rtiass.control.vocabulary import vocabulary


def table() -> str:
    """All paths as a Markdown table; STEM and BUS stand for the names of the model's stems and of the outputs."""
    rows = ["| path | takes | at first | what it does |", "|---|---|---|---|"]
    for path, parameter in vocabulary(("STEM", "REST"), ("BUS",), True).items():
        if "REST" not in path:
            first = parameter.text(parameter.default) if parameter.kind not in ("trigger", "text") else ""
            rows.append(f"| `{path}` | {_takes(parameter)} | {first} | {parameter.about} |")
    return "\n".join(rows)


def _takes(parameter: Parameter) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    if parameter.kind == "level":
        text = f"off (at {parameter.minimum:g} dB) to {parameter.maximum:+g} dB"
    elif parameter.kind == "number":
        counts = parameter.maximum > 1e12
        text = (
            f"{parameter.minimum:g}{unit} and up" if counts else f"{parameter.minimum:g} to {parameter.maximum:g}{unit}"
        )
    else:
        text = {"switch": "on, off", "choice": ", ".join(parameter.choices), "trigger": "trigger", "text": "text"}[
            parameter.kind
        ]
    return text if parameter.writable else f"shown: {text}"


if __name__ == "__main__":
    print(table())
