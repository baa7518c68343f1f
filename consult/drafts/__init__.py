"""The report text: import, versions, paragraphs with stable keys, alignment and redline, language versions."""
