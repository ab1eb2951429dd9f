"""snpformat: the binary formats of AMD SEV-SNP guests, written down once, and their conversation.

    >>> from snpformat.formats import AttestationReport
    >>> report = AttestationReport.parse(data)          # doctest: +SKIP
    >>> report.measurement, report.policy.debug         # doctest: +SKIP

    >>> from snpformat.device import open_device
    >>> with open_device() as device:                   # doctest: +SKIP
    ...     report = device.get_report(bytes(64))

The rooms, from the top:

- ``snpformat.device``: reports and derived keys, whatever answers: /dev/sev-guest, configfs-tsm, or
  an emulated guest where there is no hardware.
- ``snpformat.testing``: Hypothesis strategies, and a hostile host, for your own tests.
- ``snpformat.channel``: the guest's side of the encrypted conversation with the secure processor;
  ``snpformat.secrets``: its keys and counters; ``snpformat.aead``: one message.
- ``snpformat.firmware``: the secure processor's side, in software.
- ``snpformat.certtable``, ``snpformat.hcl``: certificate tables, Azure's blobs.
- ``snpformat.explain``: error codes in words.
- ``snpformat.formats``: typed records of every structure, generated from the specs.
- ``snpformat.constructs``: the same structures as plain ``construct`` declarations, and ``Typed``,
  which puts a typed record into a declaration of your own.
- ``snpformat.errors``: SnpformatError, the family of everything that is raised on purpose;
  FormatError for anything that a format does not allow.

Importing this package loads the errors only, and neither construct nor cryptography.
"""

from .errors import FormatError, SnpformatError

__all__ = ["FormatError", "SnpformatError", "__version__"]

__version__ = "0.1.0"
