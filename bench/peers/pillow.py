"""A second decoder for bench/corpus.ts: reads paths, one JSON string a line, and answers one JSON object a line."""
import base64
import io
import json
import sys
import warnings

from PIL import Image, ImageCms, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = 64 * 2**20
side = int(sys.argv[1])


srgb = ImageCms.createProfile("sRGB")


def eight_bits(image):
    """Pillow cuts greys of 16 bits off at 255, where all else scales them."""
    if not image.mode.startswith("I;16") and not (image.mode == "I" and image.format == "PNG"):
        return image
    return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")


def in_srgb(image):
    """Of its colour profile, where it has one that can be read."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        return ImageCms.profileToProfile(image, io.BytesIO(profile), srgb, outputMode="RGB")
    except ImageCms.PyCMSError:
        return image


for line in sys.stdin:
    try:
        with Image.open(json.loads(line)) as image:
            image.seek(0)
            mode = image.mode
            image = in_srgb(ImageOps.exif_transpose(eight_bits(image)))
            width, height = image.size
            rgba = image.convert("RGBA")
            white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
            # mean of areas: the filters of resizing differ between decoders
            pixels = Image.alpha_composite(white, rgba).convert("RGB").resize((side, side), Image.BOX)
            answer = {"width": width, "height": height, "mode": mode, "pixels": base64.b64encode(pixels.tobytes()).decode()}
    except Exception as error:  # whatever a file makes Pillow do
        answer = {"error": f"{type(error).__name__}: {error}"[:200]}
    print(json.dumps(answer), flush=True)
