"""Which images are trained on and which are kept out.

`training_images` lists the public folders (see README.md) without the kinds held out as development sets and without
everybody who stands in an evaluation set's test part. `Evaluation` tells whether an image is one of the evaluation
sets, or nearly one: by the file names that those sets state as their origin, and by a difference hash.
"""

import csv
import glob
import os
import re

import numpy as np
from PIL import Image

IMAGE_ENDINGS = ('.jpg', '.jpeg', '.png', '.bmp', '.ppm', '.webp')

# Kinds held out of training: development sets of our own. Of the sources `animals` and `neu` nothing is trained on.
HELD_ANIMALS = {'ape', 'bison', 'chicken', 'dolphin', 'eagle', 'horse', 'lobster', 'rabbit', 'snake', 'wolf'}
HELD_CALTECH = {
    'Leopards',
    'Motorbikes',
    'airplanes',
    'bonsai',
    'butterfly',
    'chandelier',
    'grand_piano',
    'hawksbill',
    'ketch',
    'watch',
    'scorpion',
    'trilobite',
    'laptop',
    'umbrella',
}
HELD_TEXTURES = {'banded', 'braided', 'cracked', 'dotted', 'honeycombed', 'marbled', 'porous', 'woven'}
HELD_CLOTHING = {'Shoes', 'Hat', 'Shirt', 'Pants'}
HELD_FOOD = {'bibimbap', 'beef_tartare', 'baklava', 'beignets'}
HELD_GROCERY = {'Lemon', 'Kiwi', 'Banana', 'Carrots', 'Arla-Natural-Yoghurt', 'Royal-Gala', 'Avocado', 'Cantaloupe'}
HELD_PEOPLE = {'virat_kohli', 'maria_sharapova', 'roger_federer', 'Taylor_Swift', 'Kate_Winslet', 'Lewandowski'}
HELD_STEEL = {'crazing', 'inclusion', 'patches', 'pitted_surface', 'rolled-in_scale', 'scratches'}
# People who stand in an evaluation set's test part: none of their photos, from whatever repository.
TEST_PEOPLE = {
    'Scarlett_Johansson',
    'Tom_Cruise',
    'Will_Smith',
    'Hugh_Jackman',
    'Denzel_Washington',
    'Tom_Hanks',
    'Johnny_Depp',
}

PEOPLE_FOLDERS = (
    'p-caer/Celebrity_Faces_Dataset',
    'p-raji/images_dataset',
    'p-araf/model/dataset',
    'p-vish/model/dataset',
    'p-jay/Model/Datasets',
    'p-samb/datasets/bollywood_actor_images',
)


def files(root, *patterns):
    """All image files below `root` that match a glob pattern, sorted."""
    found = set()
    for pattern in patterns:
        found.update(glob.glob(f'{root}/{pattern}', recursive=True))
    return sorted(f for f in found if f.lower().endswith(IMAGE_ENDINGS))


def folder_of(path):
    return os.path.basename(os.path.dirname(path))


def people(root):
    """Photos of people, one folder a person, without the cut-out faces and without TEST_PEOPLE."""
    found = files(root, *[f'{folder}/*/*' for folder in PEOPLE_FOLDERS])
    return [f for f in found if folder_of(f) not in TEST_PEOPLE and folder_of(f) != 'cropped']


def clothing_labels(root):
    """{path: kind of clothing}"""
    table = f'{root}/clothing/images.csv'
    if not os.path.exists(table):
        return {}
    with open(table, encoding='utf8') as rows:
        return {f"{root}/clothing/images/{row['image']}.jpg": row['label'] for row in csv.DictReader(rows)}


def steel_kind(path):
    return os.path.basename(path).rsplit('_', 1)[0]


def cifar_development(path):
    """CIFAR-10's training part: images numbered from 4000 on in each class make the development set."""
    return int(''.join(c for c in os.path.basename(path) if c.isdigit()) or 0) >= 4000


def training_images(root):
    """{source: [path]} of everything that may be trained on, before the hash filter."""
    labels = clothing_labels(root)
    return {
        'tiny': files(root, 'tiny/tiny-imagenet-200/train/*/images/*'),
        'cifar': [f for f in files(root, 'cifar/train/*/*') if not cifar_development(f)],
        'imagenette': files(root, 'imagenette/train/*/*'),
        'sample': files(root, 'sample/*'),
        'pets': files(root, 'pets/dataset/**/*'),
        'caltech': [f for f in files(root, 'caltech/101_ObjectCategories/*/*') if folder_of(f) not in HELD_CALTECH],
        'clothing': [f for f in files(root, 'clothing/images/*') if labels.get(f) not in HELD_CLOTHING],
        'hotdog': files(root, 'hotdog/*/*/*'),
        'food': [f for f in files(root, 'food/images/*/*') if folder_of(f) not in HELD_FOOD],
        'grocery': [f for f in files(root, 'grocery/dataset/**/*') if not HELD_GROCERY & set(f.split('/'))],
        'people': [f for f in people(root) if folder_of(f) not in HELD_PEOPLE],
        'flowers': files(root, 'flowers/flowers/*/*'),
        'leaves': files(root, 'potato/**/*'),
        'waste': files(root, 'trash/dataset-resized/*/*'),
        'cars': files(root, 'cars/cars_train/*'),
        'signs': files(root, 'signs/GTSRB/Final_Training/Images/*/*'),
        'receipts': files(root, 'receipts/data/img/*'),
        'hands': files(root, 'digits/Dataset/*/*'),
        'textures': [f for f in files(root, 'dtd/images/*/*') if folder_of(f) not in HELD_TEXTURES],
        'steel': files(root, 'dcn/VOCdevkit/VOC2007/JPEGImages/*'),
        'welding': files(root, 'welding/*/images/*'),
        'boards': files(root, 'industry/DeepPCB/PCBData/*/*/*'),
        'cracks': files(
            root, 'industry/CrackForest/image/*', 'industry/Bridge_Crack_Image/DBCC_Training_Data_Set/val/*'
        ),
    }


HELD_WORDS = re.compile(
    r'(?<![a-z])('
    + '|'.join(
        sorted(
            word.lower().replace('_', '[ _-]?') + '(e?s)?'
            for kinds in (HELD_ANIMALS, HELD_CALTECH, HELD_TEXTURES, HELD_CLOTHING, HELD_FOOD, HELD_GROCERY)
            for word in kinds
        )
        + [name.lower().replace('_', '[ _-]*') for name in sorted(HELD_PEOPLE | TEST_PEOPLE | {'Nicolas_Cage'})]
    )
    + ')(?![a-z])'
)


def more_images(root, table, rng):
    """[(source, path)] of the table of further sources: tab-separated `folder`, `repository`, `commit`, `licence`,
    `most`, `below` (folders, comma-separated; all if empty), `what`.

    Paths that name a kind or a person that is held out are left out."""
    found = []
    with open(table, encoding='utf8') as rows:
        for row in csv.DictReader(rows, delimiter='\t'):
            start = f"{root}/{row['folder']}"
            below = [f'{part.strip("/")}/**/*' for part in row['below'].split(',') if part] or ['**/*']
            paths = [f for f in files(start, *below) if not HELD_WORDS.search(f[len(start) :].lower())]
            found += [(row['folder'], path) for path in rng.sample(paths, min(int(row['most']), len(paths)))]
    return found


def difference_hash(image):
    """64 bits of an image and of its mirror image, as two (8,) uint8: does brightness rise to the right, on 8 by 8
    places?"""
    grey = np.asarray(image.convert('L').resize((9, 8), Image.BOX), np.int16)
    return tuple(np.packbits((g[:, 1:] > g[:, :-1]).ravel()) for g in (grey, grey[:, ::-1]))


BITS_OF_BYTE = np.array([bin(byte).count('1') for byte in range(256)], np.uint8)


class Evaluation:
    """What must not be trained on. `folder` holds the evaluation sets, each with meta.csv, train/ and test/."""

    def __init__(self, folder):
        self.origins, hashes = set(), []
        for table in glob.glob(f'{folder}/*/meta.csv'):
            with open(table, encoding='utf8') as rows:
                self.origins |= {'/'.join(row['origin'].split('/')[-2:]) for row in csv.DictReader(rows)}
        for path in glob.glob(f'{folder}/*/t*/*/*'):
            if '/parts-' in path:
                continue  # grey parts: no source of ours holds them, and their hashes match any flat surface
            try:
                hashes.append(difference_hash(Image.open(path))[0])
            except OSError:
                pass
        self.hashes = np.array(hashes, np.uint8).reshape(-1, 8)

    def names(self, path):
        return '/'.join(path.split('/')[-2:]) in self.origins

    def _near(self, code, bits):
        return bool((BITS_OF_BYTE[self.hashes ^ code].sum(1) <= bits).any())

    def is_near(self, image, bits):
        """Is the image, or its mirror image, at most `bits` (mirror: 3) of 64 bits away from an evaluation image?"""
        code, mirrored = difference_hash(image)
        return self._near(code, bits) or self._near(mirrored, 3)
