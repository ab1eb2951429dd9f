"""snpformat: the binary formats of AMD SEV-SNP guests, written down once.

    >>> from snpformat.formats import AttestationReport
    >>> report = AttestationReport.parse(data)          # doctest: +SKIP
    >>> report.measurement, report.policy.debug         # doctest: +SKIP

The rooms, from the top:

- ``snpformat.formats``: typed records of every structure, generated from the specs.
- ``snpformat.constructs``: the same structures as plain ``construct`` declarations, and ``Typed``,
  which puts a typed record into a declaration of your own.
- ``snpformat.errors``: FormatError, which is raised for anything that a format does not allow.

Importing this package loads the errors only, and neither construct nor cryptography.
"""

from .errors import FormatError, SnpformatError

__all__ = ["FormatError", "SnpformatError", "__version__"]

__version__ = "0.1.0"
