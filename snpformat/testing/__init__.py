"""For tests of code that uses these formats: Hypothesis strategies.

Generated; change the specs and run `snpformat-codegen generate`.
"""
