"""One-class AUROC of a backbone's embeddings: development sets, or (at the very end, for the card) the test parts.

  evaluate.py prepare --images DIR --shared DATA --out DIR --size S --part dev|test    # images -> DIR/part-S.npy + part.json
  (embed.mjs NET.onnx DIR/part-S.npy OUT)                                              # -> OUT.<output>.f32
  evaluate.py score --list DIR/part.json --features OUT.embedding.f32

For each set and class: l2, Ledoit-Wolf whitening at full rank, one-class SVM (nu .02, RBF, gamma .2/d) and nearest
neighbour, fitted on positives alone. Development uses only train parts: folds of `train/positive` against
`train/negative`, CIFAR-10's training part, and classes that data.py kept out of training.
"""
import argparse, csv, glob, json, os, random
import numpy as np
from PIL import Image
from data import HELD_CALTECH, HELD_CLOTHING, HELD_DTD, HELD_FOOD, HELD_PEOPLE, people

SHARED = ['nicolas-cage-2019', 'person-nicolas-cage', 'hotdog', 'parts-casting', 'parts-magnetic-tile']


def images_of(a):
    """[(set, class, role, path)]; role fit/test, or pos/neg for folds."""
    rng = random.Random(7); out = []
    pick = lambda fs, n: rng.sample(sorted(fs), min(n, len(fs)))
    if a.part == 'test':
        for s in SHARED:
            out += [(s, 'positive', 'fit', f) for f in sorted(glob.glob(f'{a.shared}/{s}/train/positive/*'))]
            out += [(s, c, 'test', f) for c in ('positive', 'negative') for f in sorted(glob.glob(f'{a.shared}/{s}/test/{c}/*'))]
        for c in sorted(os.listdir(f'{a.images}/cifar/test')):
            out += [('cifar10', c, 'fit', f) for f in pick(glob.glob(f'{a.images}/cifar/train/{c}/*'), 200)]
            out += [('cifar10', c, 'test', f) for f in sorted(glob.glob(f'{a.images}/cifar/test/{c}/*'))]
        return out
    for s in SHARED:
        out += [(s, c, c[:3], f) for c in ('positive', 'negative') for f in sorted(glob.glob(f'{a.shared}/{s}/train/{c}/*'))]
    groups = {}
    seen = set(sorted(glob.glob(f'{a.images}/cifar/train/*/*'))[::10])  # as in data.py
    for c in sorted(os.listdir(f'{a.images}/cifar/train')): groups['cifar10-train', c] = ([f for f in glob.glob(f'{a.images}/cifar/train/{c}/*') if f not in seen], 200, 100)
    for c in sorted(HELD_FOOD): groups['food-held', c] = (glob.glob(f'{a.images}/food/images/{c}/*'), 200, 100)
    for c in sorted(HELD_PEOPLE): groups['people-held', c] = ([f for f in people(a.images) if f.split('/')[-2] == c], 120, 60)
    for c in sorted(HELD_CALTECH): groups['caltech-held', c] = (glob.glob(f'{a.images}/caltech/101_ObjectCategories/{c}/*'), 50, 30)
    for c in sorted(HELD_DTD): groups['textures-held', c] = (glob.glob(f'{a.images}/dtd/images/{c}/*'), 70, 50)
    lab = {}
    for r in csv.DictReader(open(f'{a.images}/clothing/images.csv')): lab.setdefault(r['label'], []).append(f"{a.images}/clothing/images/{r['image']}.jpg")
    for c in sorted(HELD_CLOTHING): groups['clothing-held', c] = ([f for f in lab[c] if os.path.exists(f)], 80, 60)
    for (s, c), (fs, n, m) in groups.items():
        fs = pick(fs, n + m); k = min(n, int(len(fs) * n / (n + m)))
        out += [(s, c, 'fit' if i < k else 'test', f) for i, f in enumerate(fs)]
    return out


def load(path, size):
    try: im = Image.open(path).convert('RGB')
    except OSError: return None
    return np.asarray(im.resize((size, size), Image.LANCZOS))


def l2(x): return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def whitener(x):
    """Ledoit-Wolf, through the singular vectors of the n centred rows (n < d)."""
    mean = x.mean(0); c = x - mean; n, d = c.shape
    _, s, vt = np.linalg.svd(c, full_matrices=False)
    keep = s > 1e-8; lam, vt = s[keep] ** 2 / n, vt[keep]
    mu = lam.sum() / d; delta = ((lam ** 2).sum() - d * mu ** 2) / d
    beta = min(delta, ((c ** 2).sum(1) ** 2).sum() / n / (n * d) - (lam ** 2).sum() / (n * d))
    sh = beta / delta if delta > 0 else 0.
    a, b = ((1 - sh) * lam + sh * mu) ** -.5, max(sh * mu, 1e-12) ** -.5
    return lambda y: (y - mean) * b + (((y - mean) @ vt.T) * (a - b)) @ vt


def auroc(score, anomalous):
    from scipy.stats import rankdata
    r = rankdata(score); p = anomalous.sum(); n = len(score) - p
    return (r[anomalous].sum() - p * (p + 1) / 2) / (p * n)


def fit_score(fit, test):
    from sklearn.svm import OneClassSVM
    fit, test = l2(fit.astype(np.float64)), l2(test.astype(np.float64))
    w = whitener(fit); a, b = w(fit), w(test); d = fit.shape[1]
    svm = -OneClassSVM(nu=.02, gamma=.2 / d).fit(a).decision_function(b)
    dist = (b ** 2).sum(1)[:, None] + (a ** 2).sum(1)[None] - 2 * b @ a.T
    return svm, dist.min(1)


def evaluate(rows, x):
    res, by = {}, {}
    for i, (s, c, role, _) in enumerate(rows): by.setdefault(s, []).append(i)
    for s, idx in by.items():
        idx = np.array(idx); cls = np.array([rows[i][1] for i in idx]); role = np.array([rows[i][2] for i in idx]); X = x[idx]; r = []
        if 'pos' in role:
            pos, neg = X[role == 'pos'], X[role == 'neg']; perm = np.random.default_rng(3).permutation(len(pos))
            for k in range(3):
                held = perm[k::3]; fit = np.setdiff1d(perm, held)
                sc = fit_score(pos[fit], np.concatenate([pos[held], neg])); an = np.r_[np.zeros(len(held), bool), np.ones(len(neg), bool)]
                r.append([auroc(v, an) for v in sc])
        else:
            T = X[role == 'test']; tc = cls[role == 'test']
            for c in sorted(set(cls[role == 'fit'])): r.append([auroc(v, tc != c) for v in fit_score(X[(role == 'fit') & (cls == c)], T)])
        res[s] = np.mean(r, 0).tolist()
    res['mean'] = np.mean(list(res.values()), 0).tolist()
    return res


if __name__ == '__main__':
    p = argparse.ArgumentParser(); p.add_argument('mode')
    for k in ('images', 'shared', 'out', 'part', 'list', 'features'): p.add_argument('--' + k)
    p.add_argument('--size', type=int); a = p.parse_args()
    if a.mode == 'prepare':
        os.makedirs(a.out, exist_ok=True); rows, px = [], []
        for r in images_of(a):
            v = load(r[3], a.size)
            if v is not None: rows.append(r); px.append(v)
        np.save(f'{a.out}/{a.part}-{a.size}.npy', np.stack(px)); json.dump(rows, open(f'{a.out}/{a.part}.json', 'w')); print(len(rows), 'images')
    else:
        rows = json.load(open(a.list)); x = np.fromfile(a.features, np.float32).reshape(len(rows), -1)
        for k, (u, v) in evaluate(rows, x).items(): print(f'{k:24s} svm {u:.4f}  nn {v:.4f}')
