"""The command `course`, also `python -m course_lib.pipeline`."""

import sys

from course_lib.extras import extra


def main():
    """Run the command; where its packages are missing, one sentence names what brings them."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        with extra("notebooks"):
            from course_lib.pipeline import cli

            cli.main(prog_name="course")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("course_lib"):
            raise
        sys.exit(f"Error: {error}.")


if __name__ == "__main__":
    main()
