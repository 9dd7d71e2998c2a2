"""What the student sees of a view: changes of colour, light and sharpness that the answer must not depend on."""

import torch
import torch.nn.functional as F

from student import MEAN, STD


def normalise(x):
    """[0, 1] NCHW -> what the network takes."""
    return (x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def augment(views, side, generator):
    """uint8 (n, 3, h, w) -> normalised bfloat16 (n, 3, side, side); mild changes of colour, contrast, noise and
    sharpness.

    Saturation, contrast, brightness and normalisation are one 3x3 matrix and one offset an image.
    """
    x, n = views.float(), len(views)
    if side != x.shape[3]:
        x = F.interpolate(x, size=(side, side), mode='bilinear', antialias=True)

    def uniform(spread, *shape):
        return (torch.rand(n, *shape, generator=generator) * 2 - 1) * spread

    on = (torch.rand(n, 1, 1, generator=generator) < 0.7).float()
    saturation, contrast = 1 + on * uniform(0.3, 1, 1), 1 + on * uniform(0.2, 1, 1)
    matrix = saturation * torch.eye(3) + (1 - saturation) / 3
    offset = x.mean((1, 2, 3)).view(n, 1, 1) / 255 * (1 - contrast) + on * (uniform(0.08, 1, 1) + uniform(0.03, 3, 1))
    mean, deviation = torch.tensor(MEAN).view(1, 3, 1), torch.tensor(STD).view(1, 3, 1)
    x = torch.baddbmm((offset - mean) / deviation, matrix * contrast / 255 / deviation, x.reshape(n, 3, -1)).view(
        n, 3, side, side
    )
    kind, third = torch.randint(0, 8, (1,), generator=generator).item(), slice(0, n // 3)
    if kind < 3:  # now and then a third of the batch is blurred, sharpened or roughened
        blurred = F.avg_pool2d(F.pad(x[third], (1, 1, 1, 1), mode='reflect'), 3, 1)
        noise = torch.randn(x[third].shape, generator=generator) * 0.12
        x[third] = (blurred, x[third] + 0.5 * (x[third] - blurred), x[third] + noise)[kind]
    return x.to(torch.bfloat16, memory_format=torch.channels_last)
