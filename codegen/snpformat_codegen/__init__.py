"""snpformat-codegen: binary formats written as YAML, checked, and turned into code."""
