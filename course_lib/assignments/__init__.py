"""Make a student version of exercises, and grade hand-ins where student code can do no harm.

Student code runs in a sandbox, sees only inputs and returns only data. The verdict is made
outside, on inputs that nobody has seen.
"""


class Refusal(ValueError):
    """Something that is not done to an assignment or a hand-in, said in one sentence."""
