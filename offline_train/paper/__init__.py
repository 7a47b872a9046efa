"""Every table and figure of Hung and Lerch (ISMIR 2020), each by one command. docs/paper.md says what was chosen."""
