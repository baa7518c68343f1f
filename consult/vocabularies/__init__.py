"""The tables of fixed words: kinds of text, mechanisms, categories of stakeholders, groups they represent."""
