from pathlib import Path

from PIL import Image

from simulator.render.snippet import pictures, text


def files(folder: Path, *names: str) -> list[Path]:
    for name in names:
        path = folder / name
        if path.suffix == ".png":
            Image.new("P", (740, 450)).save(path)
        else:
            path.write_text('It keeps <3 "workers" [busy].\n')
    return [folder / name for name in names]


def test_html_goes_by_the_readers_system(tmp_path):
    shown = pictures(files(tmp_path, "a.gif", "a.png", "a.txt", "a-dark.gif", "a-dark.png"))
    assert text("html", shown, title="T", player=False) == (
        "<picture>\n"
        '  <source media="(prefers-reduced-motion: reduce) and (prefers-color-scheme: dark)" srcset="a-dark.png">\n'
        '  <source media="(prefers-reduced-motion: reduce)" srcset="a.png">\n'
        '  <source media="(prefers-color-scheme: dark)" srcset="a-dark.gif">\n'
        '  <img src="a.gif" alt="It keeps &lt;3 &quot;workers&quot; [busy]." width="740" height="450">\n'
        "</picture>\n"
    )


def test_markdown_has_the_images_of_material_too(tmp_path):
    shown = pictures(files(tmp_path, "a.webp", "a.png", "a.txt", "a-dark.webp", "a-dark.png"))
    made = text("md", shown, title="T", player=False)
    assert '<img src="a.webp"' in made
    assert (
        '![It keeps &lt;3 &quot;workers&quot; \\[busy\\].](a.webp#only-light){ width="740" height="450" }\n'
        '![It keeps &lt;3 &quot;workers&quot; \\[busy\\].](a-dark.webp#only-dark){ width="740" height="450" }\n'
    ) in made


def test_restructured_text_goes_by_the_pages_switch_and_has_a_still_picture_on_paper(tmp_path):
    shown = pictures(files(tmp_path, "a.gif", "a.png", "a.txt", "a-dark.gif", "a-dark.png"))
    image = (
        '   .. image:: {}\n      :alt: It keeps <3 "workers" [busy].\n      :width: 740px\n      :height: 450px\n{}'
    )
    assert text("rst", shown, title="T", player=False) == (
        ".. only:: html\n\n"
        + image.format("a.gif", "      :class: only-light\n\n")
        + image.format("a-dark.gif", "      :class: only-dark\n\n")
        + ".. only:: not html\n\n"
        + image.format("a.png", "")
    )


def test_a_video_can_be_paused_and_a_browser_without_h264_has_another(tmp_path):
    names = ("a.mp4", "a.png", "a.txt", "a.webm", "a-dark.mp4", "a-dark.png", "a-dark.webm")
    assert text("html", pictures(files(tmp_path, *names)), title="T", player=False) == (
        '<video controls loop muted playsinline preload="none" poster="a.png" '
        'aria-label="It keeps &lt;3 &quot;workers&quot; [busy]." width="740" height="450">\n'
        '  <source media="(prefers-color-scheme: dark)" src="a-dark.mp4" type="video/mp4">\n'
        '  <source media="(prefers-color-scheme: dark)" src="a-dark.webm" type="video/webm">\n'
        '  <source src="a.mp4" type="video/mp4">\n'
        '  <source src="a.webm" type="video/webm">\n'
        "</video>\n"
    )
    alone = text("html", pictures(files(tmp_path, "b.webm", "b.png", "b.txt")), title="T", player=False)
    assert alone.count("<source") == alone.count('src="b.webm"') == 1


def test_one_theme_alone(tmp_path):
    shown = pictures(files(tmp_path, "a-dark.gif", "a-dark.png", "a.txt"))
    made = text("html", shown, title="T", player=False)
    assert "prefers-color-scheme" not in made
    assert '<img src="a-dark.gif"' in made
    assert "only-" not in text("rst", shown, title="T", player=False)


def test_a_player_comes_with_the_lines_that_listen():
    made = text("html", [], title='"T"', player=True)
    assert made.startswith(
        '<iframe class="asha-sim-player" src="player.html?embed&amp;theme=auto" title="&quot;T&quot;"'
    )
    assert "addEventListener" in made
