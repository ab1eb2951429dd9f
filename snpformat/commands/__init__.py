"""The subcommands of ``snpformat``, a module each."""
