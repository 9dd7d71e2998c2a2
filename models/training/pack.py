"""Public photos -> packs (packs.py): whole images stretched to a square, small enough to be carried to another machine.

  pack.py --images DIR --exclude EVALUATION_SETS --out PACKS [--part i/n] [--more TABLE]

Images are shuffled over all sources, so that any prefix of the packs is a fair sample. `--more`: the sources of a table
(more.tsv) in place of those of sources.py; each is a folder of DIR by its name."""

import argparse
import os
import random

from PIL import Image

from drawn import draw_image
from packs import BIG, SMALL, Writer
from sources import Evaluation, more_images, training_images

SMALL_SOURCES = {'tiny', 'cifar', 'signs'}
SHARES = {  # of a source's images
    **{'tiny': 0.7, 'cifar': 0.3, 'signs': 0.1, 'leaves': 0.5, 'hands': 0.4},
    **{'steel': 0.3, 'boards': 0.7, 'cracks': 0.2, 'cars': 0.7},
}
CUTS = {'sample': 4, 'receipts': 2, 'textures': 1, 'food': 1, 'people': 1}  # further images, cut out of one
LONGEST = 2.6  # sides: of longer images a squarish piece is taken
LEAST = 32  # px


def squares(source, path, evaluation, rng):
    """-> the square images of one photo, none where it is near an evaluation image. Raises OSError for a damaged
    file."""
    if source == 'drawn':
        return [draw_image(rng).resize((BIG, BIG), Image.LANCZOS)]
    side = SMALL if source in SMALL_SOURCES else BIG
    image = Image.open(path)
    image.draft('RGB', (448, 448))  # JPEG decoding at a fraction of its size
    image = image.convert('RGB')
    if min(image.size) < LEAST or evaluation.is_near(image, 3 if source == 'tiny' else 5):
        return []
    image = squarish(image, rng)
    found = [image.resize((side, side), Image.LANCZOS)]
    for _ in range(CUTS.get(source, 0)):
        share = rng.uniform(0.35, 0.75)
        width, height = int(image.width * share), int(image.height * share)
        x, y = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
        found.append(image.crop((x, y, x + width, y + height)).resize((side, side), Image.LANCZOS))
    return found


def squarish(image, rng):
    short, long = sorted(image.size)
    if long <= LONGEST * short:
        return image
    piece = min(long, int(short * rng.uniform(1, 2)))
    start = rng.randint(0, long - piece)
    box = (start, 0, start + piece, short) if image.width == long else (0, start, short, start + piece)
    return image.crop(box)


def plan(options, evaluation):
    """[(source, path)], shuffled"""
    rng = random.Random(options.seed)
    if options.more:
        planned = more_images(options.images, options.more, rng)
    else:
        planned = [('drawn', str(number)) for number in range(options.drawn)]
        for source, paths in training_images(options.images).items():
            paths = [p for p in paths if not evaluation.names(p)]
            planned += [(source, p) for p in rng.sample(paths, round(len(paths) * SHARES.get(source, 1)))]
    rng.shuffle(planned)
    return planned


def main():
    parser = argparse.ArgumentParser()
    for key in ('images', 'exclude', 'out'):
        parser.add_argument('--' + key, required=True)
    parser.add_argument('--part', default='0/1')
    parser.add_argument('--more', help='a table of further sources')
    parser.add_argument('--tag', default='a', help='how the names of the packs begin')
    parser.add_argument('--seed', type=int, default=6)
    parser.add_argument('--drawn', type=int, default=2500, help='images drawn by the recipe')
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    part, parts = map(int, options.part.split('/'))
    evaluation = Evaluation(options.exclude)
    planned = plan(options, evaluation)
    writers = {side: Writer(options.out, side, f'{options.tag}{part}') for side in (BIG, SMALL)}
    near = damaged = 0
    for source, path in planned[part::parts]:
        try:
            found = squares(source, path, evaluation, random.Random(f'{options.seed} {path}'))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            damaged += 1
            continue
        near += not found
        for image in found:
            writers[image.width].add(image, source)
    for writer in writers.values():
        writer.flush()
    left_out = f'{near} too small or near an evaluation image; {damaged} damaged'
    print(f'{len(planned[part::parts])} photos; {left_out}', flush=True)


if __name__ == '__main__':
    main()
