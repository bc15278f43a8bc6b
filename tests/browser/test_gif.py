"""Our GIFs in a decoder that had no part in writing them: Chromium's."""

from __future__ import annotations

import base64

from simulator.render import style
from simulator.render.animation import gif
from simulator.render.animation.timeline import TimelinePicture
from tests.support.scenes import timeline_scene


def test_chromium_sees_the_same_images_for_the_same_time(browser, tmp_path):
    picture = TimelinePicture(timeline_scene(trials=27, workers=4), "", "h")
    pictures = gif.images(picture.canvas, picture.steps())
    palette = style.THEMES["light"].palette(4)
    gif.write(tmp_path / "a.gif", pictures, palette)
    (tmp_path / "a.html").write_text("<!doctype html>")
    page = browser.new_page()
    page.goto((tmp_path / "a.html").as_uri())
    durations, last = page.evaluate(
        """async text => {
          const data = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
          const decoder = new ImageDecoder({data, type: "image/gif"});
          await Promise.all([decoder.completed, decoder.tracks.ready]);
          const durations = [], count = decoder.tracks.selectedTrack.frameCount;
          let image;
          for (let frameIndex = 0; frameIndex < count; frameIndex++) {
            ({image} = await decoder.decode({frameIndex}));
            durations.push(image.duration / 1000);
          }
          const canvas = new OffscreenCanvas(image.displayWidth, image.displayHeight).getContext("2d");
          canvas.drawImage(image, 0, 0);
          return [durations, Array.from(canvas.getImageData(0, 100, image.displayWidth, 1).data)];
        }""",
        base64.b64encode((tmp_path / "a.gif").read_bytes()).decode(),
    )
    page.close()
    assert durations == pictures.durations_ms
    assert [tuple(last[at : at + 3]) for at in range(0, len(last), 4)] == [
        tuple(palette[index].tolist()) for index in pictures.frames[-1][100]
    ]
