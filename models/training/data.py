"""Cuts the training views out of the public image folders.

  data.py --images DIR --exclude SHARED_DATA [--cifar-test DIR] --out DIR [--part i/n]

DIR holds one folder per source (see README.md). Every view is a square of 224 px for the teacher and the same square at
112 px for the student. Views are shuffled over all sources, then cut into shards of 2048, so that any prefix of the
shards is a fair sample and training can begin on the first ones while the teacher still works on the rest.

Nothing from an evaluation set gets in: files named as an origin in a `meta.csv` are dropped (train part included, so that
the choices are made on unseen images too), then whatever has nearly the same difference hash as an evaluation image
(mirrored as well), then the classes held out as development sets.
"""
import argparse, csv, glob, os, random, time
import numpy as np
from PIL import Image

SHARD, TEACHER, STUDENT = 2048, 224, 112
# Held out of training: development sets of our own.
HELD_CALTECH = {'Leopards', 'Motorbikes', 'airplanes', 'bonsai', 'butterfly', 'chandelier', 'grand_piano', 'hawksbill',
                'ketch', 'watch', 'scorpion', 'trilobite', 'laptop', 'umbrella'}
HELD_DTD = {'banded', 'braided', 'cracked', 'dotted', 'honeycombed', 'marbled', 'porous', 'woven'}
HELD_CLOTHING = {'Shoes', 'Hat', 'Shirt', 'Pants'}
HELD_FOOD = {'bibimbap', 'beef_tartare', 'baklava', 'beignets'}
HELD_PEOPLE = {'virat_kohli', 'maria_sharapova', 'roger_federer', 'Taylor_Swift', 'Kate_Winslet', 'Lewandowski'}
# People who stand in an evaluation set's test part: none of their photos, from whatever repository.
TEST_PEOPLE = {'Scarlett_Johansson', 'Tom_Cruise', 'Will_Smith', 'Hugh_Jackman', 'Denzel_Washington', 'Tom_Hanks', 'Johnny_Depp'}
KERNELS = [Image.BILINEAR, Image.BICUBIC, Image.LANCZOS, Image.BOX, Image.HAMMING]
# source -> (views an image, smallest share of the area a crop keeps)
PLAN = {'tiny': (1, .6), 'imagenette': (1, .3), 'sample': (10, .12), 'caltech': (2, .4), 'clothing': (2, .3), 'hotdog': (3, .3),
        'food': (3, .3), 'people': (4, .25), 'dtd': (3, .2), 'steel': (1, .3), 'industry': (1, .3), 'cifar': (1, .8)}


def people(root):
    """Photos of people, one folder a person."""
    found = [f for d in ('p-caer/Celebrity_Faces_Dataset', 'p-raji/images_dataset', 'p-araf/model/dataset', 'p-vish/model/dataset', 'p-jay/Model/Datasets')
             for f in glob.glob(f'{root}/{d}/*/*')]
    return sorted(f for f in found if f.split('/')[-2] not in TEST_PEOPLE and f.lower().endswith(('.jpg', '.jpeg', '.png')))


def list_images(root):
    """[(source, path)] of everything that may be trained on, before the hash filter."""
    out = []
    add = lambda s, fs: out.extend((s, f) for f in sorted(fs))
    tiny = sorted(glob.glob(f'{root}/tiny/tiny-imagenet-200/train/*/images/*.JPEG'))
    add('tiny', tiny[::5])
    add('imagenette', glob.glob(f'{root}/imagenette/train/*/*'))
    add('sample', glob.glob(f'{root}/sample/*.JPEG'))
    add('caltech', [f for f in glob.glob(f'{root}/caltech/101_ObjectCategories/*/*.jpg') if f.split('/')[-2] not in HELD_CALTECH])
    labels = {r['image']: r['label'] for r in csv.DictReader(open(f'{root}/clothing/images.csv'))}
    add('clothing', [f for f in glob.glob(f'{root}/clothing/images/*.jpg') if labels.get(os.path.basename(f)[:-4]) not in HELD_CLOTHING])
    add('hotdog', glob.glob(f'{root}/hotdog/*/*/*.jpg'))
    add('food', [f for f in glob.glob(f'{root}/food/images/*/*.jpg') if f.split('/')[-2] not in HELD_FOOD])
    add('people', [f for f in people(root) if f.split('/')[-2] not in HELD_PEOPLE])
    add('industry', glob.glob(f'{root}/industry/**/*.jpg', recursive=True))
    # CIFAR-10's training part, every tenth image; the development set is drawn from the others
    add('cifar', sorted(glob.glob(f'{root}/cifar/train/*/*'))[::10])
    add('dtd', [f for f in glob.glob(f'{root}/dtd/images/*/*.jpg') if f.split('/')[-2] not in HELD_DTD])
    add('steel', sorted(glob.glob(f'{root}/dcn/VOCdevkit/VOC2007/JPEGImages/*.jpg'))[::4])
    return out


def dhash(im):
    g = np.asarray(im.convert('L').resize((9, 8), Image.BOX), np.int16)
    return np.packbits((g[:, 1:] > g[:, :-1]).ravel()), np.packbits((g[:, ::-1][:, 1:] > g[:, ::-1][:, :-1]).ravel())


POP = np.array([bin(i).count('1') for i in range(256)], np.uint8)


def near(h, bank, bits):
    return bool((POP[bank ^ h].sum(1) <= bits).any())


def evaluation_hashes(shared):
    names, bank = set(), []
    for meta in glob.glob(f'{shared}/*/meta.csv'):
        names |= {'/'.join(r['origin'].split('/')[-2:]) for r in csv.DictReader(open(meta))}
    for f in glob.glob(f'{shared}/*/t*/*/*'):
        if '/parts-' in f: continue  # grey parts: no source of ours holds them, and their hashes match any flat surface
        try: bank.append(dhash(Image.open(f))[0])
        except OSError: pass
    return names, np.array(bank)


def crop(im, rng, least):
    """A random rectangle (sometimes all of the image), which resizing then stretches to a square, as the product does."""
    w, h = im.size
    if rng.random() < .35: return im
    a, r = rng.uniform(least, 1), np.exp(rng.uniform(-.3, .3))
    base = np.sqrt(a) * np.array([1., 1.])
    cw, ch = min(1, base[0] * r), min(1, base[1] / r)
    x, y = rng.uniform(0, 1 - cw), rng.uniform(0, 1 - ch)
    return im.crop((int(x * w), int(y * h), max(int((x + cw) * w), int(x * w) + 8), max(int((y + ch) * h), int(y * h) + 8)))


def views(path, source, seed):
    rng = random.Random(seed)
    im = Image.open(path)
    if source not in ('tiny', 'cifar'): im.draft('RGB', (448, 448))
    im = im.convert('RGB')
    if source == 'steel':  # long strips: a square-ish piece
        w, h = im.size; s = min(w, int(h * rng.uniform(1, 2))); x = rng.randint(0, w - s); im = im.crop((x, 0, x + s, h))
    im = crop(im, rng, PLAN[source][1])
    if rng.random() < .15:  # low resolution, as thumbnails and CIFAR are
        s = rng.choice([32, 32, 40, 48, 64, 80])
        im = im.resize((s, s), rng.choice(KERNELS))
    t = im.resize((TEACHER, TEACHER), rng.choice(KERNELS[:3]))
    # the student's input must not depend on how it was shrunk: from the source or from the 224 px view, any kernel
    s = (t if rng.random() < .3 else im).resize((STUDENT, STUDENT), rng.choice(KERNELS))
    return np.asarray(t), np.asarray(s)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--images', required=True); p.add_argument('--exclude', required=True)
    p.add_argument('--out', required=True); p.add_argument('--part', default='0/1'); p.add_argument('--seed', type=int, default=1)
    p.add_argument('--limit', type=int, default=10**9); p.add_argument('--ahead', type=int, default=12)
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    part, parts = map(int, a.part.split('/'))
    names, bank = evaluation_hashes(a.exclude)
    todo = [(s, f, v) for s, f in list_images(a.images) if '/'.join(f.split('/')[-2:]) not in names
            for v in range(PLAN[s][0])]
    random.Random(a.seed).shuffle(todo)
    todo = todo[:a.limit]
    if part == 0:
        from collections import Counter
        print(len(todo), 'views', dict(Counter(s for s, _, _ in todo)), flush=True)
    dropped = 0
    for k in range(part, (len(todo) + SHARD - 1) // SHARD, parts):
        if os.path.exists(f'{a.out}/s{k:04d}.npy'): continue
        # the 224 px views are large and short-lived: stay only a little ahead of the teacher
        while len(glob.glob(f'{a.out}/t*.npy')) > a.ahead: time.sleep(1)
        T, S = [], []
        for j, (s, f, v) in enumerate(todo[k * SHARD:(k + 1) * SHARD]):
            try:
                im = Image.open(f); im.draft('L', (64, 64)); h, _ = dhash(im)
                if near(h, bank, 3 if s == 'tiny' else 5) or near(_, bank, 3): dropped += 1; continue
                t, st = views(f, s, hash((a.seed, k, j)))
            except OSError: continue
            T.append(t); S.append(st)
        np.save(f'{a.out}/tmp{k:04d}.npy', np.stack(T)); np.save(f'{a.out}/tmps{k:04d}.npy', np.stack(S))
        os.rename(f'{a.out}/tmps{k:04d}.npy', f'{a.out}/s{k:04d}.npy'); os.rename(f'{a.out}/tmp{k:04d}.npy', f'{a.out}/t{k:04d}.npy')
    print('part', part, 'done; dropped as near an evaluation image:', dropped, flush=True)


if __name__ == '__main__':
    main()
