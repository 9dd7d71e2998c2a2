"""Drawn views: print, labels, emblems and grey patterned surfaces, of which public folders hold few."""

import glob

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = sorted(
    glob.glob('/usr/share/fonts/truetype/dejavu/*.ttf') + glob.glob('/usr/share/fonts/truetype/liberation/*.ttf')
)
LETTERS = 'ABCDEFGHIKLMNOPRSTUVWXYZabcdefghiklmnoprstuvwxyz0123456789&.!'


def colour(rng, grey=False):
    return (rng.randint(0, 255),) * 3 if grey else tuple(rng.randint(0, 255) for _ in range(3))


def word(rng, longest=9):
    return ''.join(rng.choice(LETTERS) for _ in range(rng.randint(1, longest)))


def font(rng, size):
    return ImageFont.truetype(rng.choice(FONTS), size) if FONTS else ImageFont.load_default()


def emblem(rng, size):
    """A few shapes and words on a plain ground, as logos and labels are."""
    image = Image.new('RGB', (size, size), rng.choice([(255, 255, 255), (255, 255, 255), colour(rng)]))
    draw = ImageDraw.Draw(image)
    inks = [colour(rng) for _ in range(rng.randint(1, 3))]
    for _ in range(rng.randint(1, 5)):
        x, y = rng.uniform(0.05, 0.6) * size, rng.uniform(0.05, 0.6) * size
        w, h, ink = rng.uniform(0.1, 0.5) * size, rng.uniform(0.1, 0.5) * size, rng.choice(inks)
        kind = rng.randrange(5)
        if kind == 0:
            draw.ellipse((x, y, x + w, y + w), fill=ink)
        elif kind == 1:
            draw.rectangle((x, y, x + w, y + h), fill=ink)
        elif kind == 2:
            draw.polygon([(x + rng.random() * w, y + rng.random() * h) for _ in range(rng.randint(3, 6))], fill=ink)
        elif kind == 3:
            draw.arc((x, y, x + w, y + w), rng.randint(0, 360), rng.randint(0, 360), fill=ink, width=rng.randint(2, 14))
        else:
            draw.line((x, y, x + w, y + h), fill=ink, width=rng.randint(1, 12))
    for _ in range(rng.randint(0, 2)):
        place = (rng.uniform(0.02, 0.5) * size, rng.uniform(0.05, 0.8) * size)
        draw.text(place, word(rng), font=font(rng, rng.randint(size // 14, size // 3)), fill=rng.choice(inks))
    return image


def page(rng, size):
    """Lines of letters, as documents are."""
    image = Image.new('RGB', (size, size), (rng.randint(215, 255),) * 3)
    draw, height = ImageDraw.Draw(image), rng.randint(7, 22)
    face, y, left = font(rng, height), rng.randint(2, 30), rng.randint(2, 50)
    while y < size:
        if rng.random() < 0.85:
            draw.text(
                (left, y),
                ' '.join(word(rng) for _ in range(rng.randint(1, 9))),
                font=face,
                fill=(rng.randint(0, 90),) * 3,
            )
        y += int(height * rng.uniform(1.1, 1.6))
    return image


def surface(rng, size):
    """A grey grid with noise, a gradient of light and perhaps a flaw, as industrial cells and plates are."""
    noise = np.random.default_rng(rng.getrandbits(32))
    y, x = np.mgrid[0:size, 0:size] / size
    field = rng.uniform(60, 190) + rng.uniform(-60, 60) * x + rng.uniform(-60, 60) * y
    for axis in (x, y):
        if rng.random() < 0.7:
            field = field + rng.uniform(-50, 50) * (
                np.sin(axis * rng.uniform(6, 160) + rng.uniform(0, 6)) > rng.uniform(0.3, 0.98)
            )
    grain = Image.fromarray(noise.integers(0, 255, (size, size), dtype=np.uint8)).filter(
        ImageFilter.GaussianBlur(rng.uniform(0, 4))
    )
    field = field + (np.asarray(grain, np.float32) - 127) * rng.uniform(0.1, 1.2)
    image = Image.fromarray(np.clip(field, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        a, b = (rng.uniform(0, size), rng.uniform(0, size)), (rng.uniform(0, size), rng.uniform(0, size))
        if rng.random() < 0.5:
            draw.line((a, b), fill=rng.randint(0, 255), width=rng.randint(1, 5))
        else:
            r = rng.uniform(2, 30)
            draw.ellipse((a[0], a[1], a[0] + r, a[1] + r * rng.uniform(0.4, 1.5)), fill=rng.randint(0, 255))
    return image.convert('RGB')


def draw_image(rng, size=256):
    """-> an RGB image of `size` px square; `rng` is a seeded random.Random."""
    return rng.choice([emblem, emblem, page, surface, surface])(rng, size)
