"""Vector fields in the plane, side by side: an arrow v(x) at each point x."""

import numpy as np

from course_lib.plots.panels import pairs
from course_lib.plots.style import FAINT, SERIES, WIDTH, Picture, listed, styled
from course_lib.validation import Tensor


@styled
def vector_fields(
    points: Tensor,
    fields: dict[str, Tensor],
    samples: Tensor | None = None,
    symbol: str = "x",
    caption: str | None = None,
) -> Picture:
    """One panel a field: arrows as long as the vectors, in the axes' own units.

    Args:
        points: where the arrows start, floats of shape `(N, 2)`.
        fields: `{name: vectors of shape (N, 2)}`.
        samples: floats of shape `(M, 2)`, drawn as dots below the arrows.
        symbol: letter of the axes' names.
        caption: text of the page, below the picture.

    Returns:
        A matplotlib `Figure`.

    Raises:
        ValueError: if there is no field, or one has another shape than `points`.

    Example:

    >>> points = np.array([[0.0, 0.0], [1.0, 0.0]])
    >>> figure = vector_fields(points, {"rotation": points[:, ::-1] * [-1, 1]})
    >>> [axes.get_title() for axes in figure.axes]
    ['rotation']
    """
    points = pairs("points", points)
    if not isinstance(fields, dict) or not fields:
        raise ValueError(f"fields must be a dictionary of one field or more, but is {fields!r}.")
    fields = {name: pairs(f"fields[{name!r}]", field) for name, field in fields.items()}
    for name, field in fields.items():
        if field.shape != points.shape:
            raise ValueError(
                f"fields[{name!r}] must have one vector for each of the {len(points)} points, "
                f"but has {len(field)}."
            )
    samples = np.empty((0, 2)) if samples is None else pairs("samples", samples)
    # Arrows do not widen axes by themselves, and panels are to be compared.
    shown = np.concatenate([points, samples, *(points + field for field in fields.values())])
    middle, reach = (shown.max(0) + shown.min(0)) / 2, 0.52 * np.ptp(shown, axis=0).max()
    gap, left, bottom, top = 14, 52, 44, 22
    side = min((WIDTH - left) // len(fields) - gap, 300)
    alt = f"Arrows in the plane: {listed(fields)}."
    figure = Picture(left + (side + gap) * len(fields), bottom + side + top, caption, alt)
    for i, (name, field) in enumerate(fields.items()):
        axes = figure.axes_at(left + i * (side + gap), bottom, side, side)
        axes.scatter(*samples.T, s=4, color=FAINT, alpha=0.45, linewidths=0)
        length = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 5e-3}
        axes.quiver(*points.T, *field.T, color=SERIES[0], **length)
        axes.set_xlim(middle[0] - reach, middle[0] + reach)
        axes.set_ylim(middle[1] - reach, middle[1] + reach)
        axes.set_title(name, size=9)
        axes.set_xlabel(f"${symbol}_1$")
        if i == 0:
            axes.set_ylabel(f"${symbol}_2$")
        else:
            axes.tick_params(labelleft=False)
    return figure
