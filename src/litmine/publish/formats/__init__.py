"""The list in other forms: Markdown, BibTeX, RIS, CSL, tables, Parquet and Atom."""
