"""``python -m snpformat_codegen``, and the command ``snpformat-codegen``."""

import sys


def main() -> int:
    """Run the command; say what is missing where snpformat was installed without its generator."""
    try:
        from .cli import main as run
    except ModuleNotFoundError as error:
        if error.name != "yaml":
            raise
        print("snpformat-codegen: PyYAML is not installed", file=sys.stderr)
        print("  help: pip install 'snpformat[codegen]'", file=sys.stderr)
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
