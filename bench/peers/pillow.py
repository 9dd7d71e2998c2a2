"""A second decoder for bench/corpus.ts: reads paths, one JSON string a line, and answers one JSON object a line."""
import base64
import json
import sys
import warnings

from PIL import Image, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = 64 * 2**20
side = int(sys.argv[1])

for line in sys.stdin:
    try:
        with Image.open(json.loads(line)) as image:
            image.seek(0)
            image = ImageOps.exif_transpose(image)
            width, height = image.size
            rgba = image.convert("RGBA")
            white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
            pixels = Image.alpha_composite(white, rgba).convert("RGB").resize((side, side), Image.BILINEAR)
            answer = {"width": width, "height": height, "mode": image.mode, "pixels": base64.b64encode(pixels.tobytes()).decode()}
    except Exception as error:  # whatever a file makes Pillow do
        answer = {"error": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(answer), flush=True)
