"""What a kernel says, kept in a time that grows with its length alone.

nbclient merges a cell's streams by a regular expression whose time is quadratic in the length
of a line, and takes in output without an end. Here streams are merged line by line, and a
notebook that says too much is stopped.
"""

from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

MOST = 20 * 10**6  # characters of output; more than a repository of notebooks should hold


class TooMuchOutput(Exception):
    """A notebook said more than it may."""


class Client(PapermillNotebookClient):
    """papermill's client of a kernel, with an ear of limited size."""

    said = 0

    def process_message(self, msg, cell, cell_index):
        self.said += _length(msg["content"])
        if self.said > MOST:
            # A mere exception would wait for the cell to end.
            self.task_poll_for_reply.cancel()
            raise CellExecutionComplete
        return super().process_message(msg, cell, cell_index)


class CourseEngine(Engine):
    """papermill's way to run a notebook, with this client."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        del options["input_path"]
        options["timeout"] = options.pop("execution_timeout")
        options["startup_timeout"] = options.pop("start_timeout")
        client = Client(nb_man, kernel_name=kernel_name, **options)
        try:
            client.execute()
        except DeadKernelError as error:
            if client.said > MOST:
                raise TooMuchOutput from error
            raise


papermill_engines.register("course", CourseEngine)


def merge_streams(outputs):
    """A cell's outputs with one stream for each of stdout and stderr, as nbclient merges them.

    Args:
        outputs: list of a cell's outputs.

    Returns:
        list of outputs; what a carriage return overwrote is left out, and stdout comes before
        a stderr beside it, for which of two processes is heard first is chance.

    Example:

    >>> pieces = ["1 of 2", "\\r2 of 2", "\\n"]
    >>> merge_streams([{"output_type": "stream", "name": "stdout", "text": x} for x in pieces])
    [{'output_type': 'stream', 'name': 'stdout', 'text': '2 of 2\\n'}]
    """
    texts = {}
    merged = []
    for output in outputs:
        if output["output_type"] != "stream":
            merged.append(output)
        elif output["name"] in texts:
            texts[output["name"]].append(output["text"])
        else:
            texts[output["name"]] = [output["text"]]
            merged.append(output)
    for output in merged:
        if output["output_type"] == "stream":
            lines = "".join(texts[output["name"]]).split("\n")
            output["text"] = "\n".join(map(_last_writing, lines))
    for i in range(len(merged) - 1):
        if [x.get("name") for x in merged[i : i + 2]] == ["stderr", "stdout"]:
            merged[i : i + 2] = merged[i + 1], merged[i]
    return merged


def _last_writing(line):
    """A line without what carriage returns, unless at its very end, wrote over."""
    end = line[-1:] if line.endswith("\r") else ""
    return line.removesuffix("\r").rpartition("\r")[2] + end


def _length(content):
    """The characters of all texts in a message."""
    if isinstance(content, str):
        return len(content)
    if isinstance(content, dict):
        return sum(map(_length, content.values()))
    return sum(map(_length, content)) if isinstance(content, list) else 0
