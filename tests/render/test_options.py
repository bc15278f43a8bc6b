import pytest

from simulator.core.errors import InputError
from simulator.render.animation.configurations import DocsPicture, Scales
from simulator.render.animation.side import SidePicture
from simulator.render.animation.timeline import TimelinePicture
from simulator.render.canvas import Canvas
from simulator.render.options import COLUMN, USUAL, Pace, PictureOptions, drawn_with, read_options
from simulator.render.words import ENGLISH
from tests.support.scenes import docs_scene, tiny

TRACES = docs_scene()


def pictures() -> list[DocsPicture | SidePicture | TimelinePicture]:
    scales = Scales(TRACES, "min")
    return [
        DocsPicture(TRACES[1], scales, "T"),
        SidePicture(TRACES, scales, "T"),
        TimelinePicture(TRACES, "T", "min"),
    ]


def lettered(options: PictureOptions, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every text of the three styles, with its size."""
    found = []
    text = Canvas.text

    def note(self, x, baseline, what, size, **how):
        found.append((what, size))
        return text(self, x, baseline, what, size, **how)

    with monkeypatch.context() as patch, drawn_with(options):
        patch.setattr(Canvas, "text", note)
        drawn = pictures()
        if options.width is not None and options.width < 620:
            del drawn[1]
        for picture in drawn:
            for _ in picture.steps():
                pass
    return found


@pytest.mark.parametrize("width", [480, 740, 1200])
def test_no_letters_are_smaller_than_11_pixels_as_shown(width, monkeypatch):
    options = read_options(width=width, seconds=1)
    smallest = min(size for _, size in lettered(options, monkeypatch))
    assert smallest * min(1, COLUMN / width) >= 11


def test_every_word_of_an_animation_is_in_the_table(monkeypatch):
    marked = {key: f"«{word}»" if word.strip(".,") else word for key, word in ENGLISH.items()}
    for text, _ in lettered(PictureOptions(words=marked, seconds=1), monkeypatch):
        left, depth = "", 0
        for character in text:
            depth += (character == "«") - (character == "»")
            left += character if depth == 0 else ""
        left = left.replace("»", "")
        assert not any(map(str.isalpha, left)) or left in {"T", *(trace.label for trace in TRACES)}, text


@pytest.mark.parametrize(
    ("asked", "frames", "moving_ms", "hold_ms"),
    [
        ({}, 150, 149 * 80, 3000),
        ({"seconds": 15}, 150, 12_000, 3000),
        ({"seconds": 6}, 150, 4800, 1200),
        ({"seconds": 2}, 81, 1600, 400),  # no frame is shown for less than 20 ms
        ({"speed": 2}, 150, 149 * 40, 3000),
        ({"fps": 10, "seconds": 10}, 81, 8000, 2000),
    ],
)
def test_how_long_an_animation_takes(asked, frames, moving_ms, hold_ms):
    pace = read_options(**asked).pace(150, 80)
    assert (pace.frames, sum(pace.frame_ms), pace.hold_ms) == (frames, moving_ms, hold_ms)
    assert all(shown >= 20 and shown % 10 == 0 for shown in pace.frame_ms)


def test_a_run_that_is_over_waits_for_the_others():
    pace = Pace((10, 20, 30), 100)
    assert [pace.frame_time(frame, 1) for frame in (0, 1)] == [10, 150]
    assert [pace.frame_time(frame, 3) for frame in range(4)] == [10, 20, 30, 100]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"width": 10}, "width: should be 360 to 3,840 pixels, not 10"),
        ({"height": 10}, "height: should be 160 to 4,000 pixels, not 10"),
        ({"seconds": 0}, "seconds: should be 1 to 600 seconds, not 0"),
        ({"fps": float("nan")}, "fps: should be 0.1 to 50 frames a second, not nan"),
        ({"loop": -1}, "loop: should be 0 to 65,535 times, 0 for without end, not -1"),
        (
            {"seconds": 5, "speed": 2},
            "speed: says how long an animation lasts, and so does seconds; give one of them",
        ),
        ({"theme": "pink"}, "theme: 'pink' is not one of light, dark, both"),
        (
            {"font": __file__},
            f"{__file__}: is not a font of outlines; give a TrueType or OpenType file (.ttf, .otf, .ttc)",
        ),
    ],
)
def test_what_can_not_be_asked_for_is_said_in_a_line(asked, said):
    with pytest.raises(InputError) as refused:
        read_options(**asked)
    assert str(refused.value) == said


def test_a_height_that_holds_no_panels():
    options = read_options(width=1296, height=200)
    with (
        drawn_with(options),
        pytest.raises(InputError, match=r"height: should be 3\d\d or more at this width, not 200"),
    ):
        DocsPicture(TRACES[0], Scales(TRACES, "min"), "")
    with drawn_with(options), pytest.raises(InputError, match="height: should be"):
        TimelinePicture(TRACES, "", "min")


@pytest.mark.parametrize("count", [1, 5])
def test_side_by_side_are_two_to_four(count):
    from simulator.render.animation.side import check_side

    with pytest.raises(InputError, match=f"2 to 4 searchers next to each other, not {count}"):
        check_side(count)


def test_side_by_side_takes_some_width():
    from simulator.render.animation.side import check_side

    with drawn_with(read_options(width=480)), pytest.raises(InputError, match="needs a width of 6"):
        check_side(2)


def test_side_by_side_is_on_one_clock():
    short = tiny([(0, 0, 0, 9, 0, 30)])
    traces = [short, tiny([(0, 0, 0, 9, 0, 90)]), short]
    scales = Scales(traces, "min")
    picture = SidePicture(traces, scales, "")
    durations = [step.duration_ms for step in picture.steps()]
    assert len(durations) == scales.last(traces[1])
    assert sum(durations) == sum(scales.pace.frame_ms) + scales.pace.hold_ms


def test_the_usual_options_are_what_they_were():
    assert USUAL.sizes() == (960, 12)
    assert read_options() == USUAL
