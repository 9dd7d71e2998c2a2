"""Views, cut on the device: what the teachers see of an image, and what the student sees of the same cut.

`generator` is a seeded torch.Generator of the device, `choose` a seeded random.Random for what a whole batch shares."""

import torch
import torch.nn.functional as F

from packs import BIG, SMALL
from student import MEAN, STD

TEACHER_SIDE = 224  # px
SMALL_SHARE = 0.22  # of a batch: images of 64 px
WHOLE, LEAST_AREA, LEAST_SMALL = 0.35, 0.3, 0.55  # share of uncut images; smallest share of the area that a cut keeps
THUMBNAIL, THUMBNAIL_SIDES = 0.12, (32, 32, 40, 48, 64, 80)


def boxes(n, device, generator, least):
    """Affine maps (n, 2, 3) to random rectangles of an image, which is stretched to a square, as the product does."""
    u = torch.rand(5, n, device=device, generator=generator)
    area, aspect = least + (1 - least) * u[0], torch.exp(0.6 * u[1] - 0.3)
    whole = u[4] < WHOLE
    w = torch.where(whole, 1.0, (area.sqrt() * aspect).clamp(max=1))
    h = torch.where(whole, 1.0, (area.sqrt() / aspect).clamp(max=1))
    x, y, zero = (2 * u[2] - 1) * (1 - w), (2 * u[3] - 1) * (1 - h), torch.zeros_like(w)
    return torch.stack([torch.stack([w, zero, x], 1), torch.stack([zero, h, y], 1)], 1)


def cut(images, batch, generator, choose):
    """-> float32 (batch, 3, 224, 224) in 0..255, what the teachers see"""
    small, parts = round(batch * SMALL_SHARE) if images.count[SMALL] else 0, []
    for side, n, least in ((SMALL, small, LEAST_SMALL), (BIG, batch - small, LEAST_AREA)):
        if n:
            x = images.draw(side, n, generator).float()
            boxed = boxes(n, x.device, generator, least)
            grid = F.affine_grid(boxed, (n, 3, TEACHER_SIDE, TEACHER_SIDE), align_corners=False)
            mode = choose.choice(['bilinear', 'bicubic'])
            seen = F.grid_sample(x, grid, mode=mode, padding_mode='reflection', align_corners=False)
            parts.append(seen.clamp(0, 255))
    x, thumbnails = torch.cat(parts), round(len(parts[-1]) * THUMBNAIL)
    if thumbnails:  # enlarged thumbnails are known too
        side = choose.choice(THUMBNAIL_SIDES)
        little = F.interpolate(x[-thumbnails:], size=(side, side), mode='bilinear', antialias=True)
        mode = choose.choice(['bilinear', 'bicubic'])
        x[-thumbnails:] = F.interpolate(little, size=x.shape[2:], mode=mode, align_corners=False).clamp(0, 255)
    return x


def shrink(x, side, choose):
    """Views at the student's size: its answer must not depend on how its input was shrunk."""
    kind = choose.randrange(5)
    if kind == 4:
        return F.interpolate(x, size=(side, side), mode='area')
    mode, antialias = ('bilinear', 'bilinear', 'bicubic', 'bilinear')[kind], kind != 3
    return F.interpolate(x, size=(side, side), mode=mode, align_corners=False, antialias=antialias).clamp(0, 255)


def normalise(x):
    """[0, 255] NCHW -> what the network takes"""
    mean, deviation = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (MEAN, STD))
    return (x / 255 - mean) / deviation


def disturb(x, generator, choose):
    """float (n, 3, h, w) in 0..255 -> normalised, with mild changes of colour, contrast, light, noise and sharpness.

    Saturation, contrast, brightness and normalisation are one 3x3 matrix and one offset an image."""
    n, device = len(x), x.device

    def uniform(spread, *shape):
        return (torch.rand(n, *shape, device=device, generator=generator) * 2 - 1) * spread

    on = (torch.rand(n, 1, 1, device=device, generator=generator) < 0.7).float()
    saturation, contrast = 1 + on * uniform(0.3, 1, 1), 1 + on * uniform(0.2, 1, 1)
    matrix = saturation * torch.eye(3, device=device) + (1 - saturation) / 3
    light = uniform(0.08, 1, 1) + uniform(0.03, 3, 1)
    offset = x.mean((1, 2, 3)).view(n, 1, 1) / 255 * (1 - contrast) + on * light
    mean, deviation = (torch.tensor(v, device=device).view(1, 3, 1) for v in (MEAN, STD))
    weight = matrix * contrast / 255 / deviation
    x = torch.baddbmm((offset - mean) / deviation, weight, x.reshape(n, 3, -1)).view(x.shape)
    kind, third = choose.randrange(8), torch.randperm(n, device=device, generator=generator)[: n // 3]
    if kind < 3:  # now and then a third of the batch is blurred, sharpened or roughened
        part = x[third]
        blurred = F.avg_pool2d(F.pad(part, (1, 1, 1, 1), mode='reflect'), 3, 1)
        noise = torch.randn(part.shape, device=device, generator=generator) * 0.12
        x[third] = (blurred, part + 0.5 * (part - blurred), part + noise)[kind]
    return x
