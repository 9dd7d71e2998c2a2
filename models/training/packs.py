"""Packs of small square images: written by pack.py, decoded here into the memory of the device that trains."""

import glob
import io
import multiprocessing
import os
import shutil
import tempfile

import numpy as np
import torch
from PIL import Image

BIG, SMALL = 208, 64  # px
PACK = 1500  # images


class Writer:
    """Collects WebP images of one size into files `big-NAME.npz` or `small-NAME.npz`: `bytes` (uint8, one image after
    the other), `lengths` (int32) and `source` (names)."""

    QUALITY = {BIG: 52, SMALL: 62}

    def __init__(self, folder, side, tag):
        self.folder, self.side, self.tag, self.number = folder, side, tag, 0
        self.codes, self.sources = [], []

    def add(self, image, source):
        out = io.BytesIO()
        image.save(out, 'WEBP', quality=self.QUALITY[self.side], method=2)
        self.codes.append(out.getvalue())
        self.sources.append(source)
        if len(self.codes) == PACK:
            self.flush()

    def flush(self):
        if not self.codes:
            return
        name = f"{'big' if self.side == BIG else 'small'}-{self.tag}{self.number:04d}.npz"
        np.savez(
            f'{self.folder}/.{name}',
            bytes=np.frombuffer(b''.join(self.codes), np.uint8),
            lengths=np.array([len(code) for code in self.codes], np.int32),
            source=np.array(self.sources),
        )
        os.rename(f'{self.folder}/.{name}', f'{self.folder}/{name}')
        self.number, self.codes, self.sources = self.number + 1, [], []


def images_of(path):
    """A pack -> its images, each uint8 (side, side, 3)."""
    pack = np.load(path)
    data, ends = pack['bytes'].tobytes(), np.cumsum(pack['lengths'])
    for length, end in zip(pack['lengths'], ends):
        yield np.asarray(Image.open(io.BytesIO(data[end - length : end])).convert('RGB'))


def side_of(path):
    return BIG if os.path.basename(path).startswith('big') else SMALL


def decode(path, out):
    """A pack -> OUT.npy, uint8 (n, side, side, 3)."""
    np.save(out, np.stack(list(images_of(path))))


class Images:
    """All images of a folder of packs, decoded, in one store a size; new packs are taken in as they come.

    `capacity`: room for so many images of 208 and of 64 px; `workers`: processes that decode (0: this one)."""

    def __init__(self, folder, device, workers, capacity):
        self.folder, self.device = folder, device
        self.pool = multiprocessing.get_context('fork').Pool(workers) if workers else None  # before the device is used
        self.decoded = tempfile.mkdtemp()
        self.store = {
            side: torch.empty((most, side, side, 3), dtype=torch.uint8, device=device)
            for side, most in zip((BIG, SMALL), capacity)
        }
        self.count, self.known, self.waiting = {BIG: 0, SMALL: 0}, set(), []

    def look(self):
        """Starts on new packs, and stores what has been decoded."""
        for path in sorted(glob.glob(f'{self.folder}/*.npz')):
            if path in self.known:
                continue
            self.known.add(path)
            out = f'{self.decoded}/{len(self.known)}.npy'
            job = self.pool.apply_async(decode, (path, out)) if self.pool else decode(path, out)
            self.waiting.append((job, path, out))
        left = []
        for job, path, out in self.waiting:
            if job is not None and not job.ready():
                left.append((job, path, out))
                continue
            if job is not None and not job.successful():
                print('not read:', path, flush=True)  # one damaged pack stops nothing
                continue
            side = side_of(path)
            pixels, at = np.load(out), self.count[side]
            pixels = pixels[: len(self.store[side]) - at]
            self.store[side][at : at + len(pixels)] = torch.from_numpy(pixels).to(self.device)
            self.count[side] = at + len(pixels)
            os.remove(out)
        self.waiting = left

    def draw(self, side, n, generator):
        """-> n random images, uint8 (n, 3, side, side)"""
        rows = torch.randint(0, self.count[side], (n,), device=self.device, generator=generator)
        return self.store[side][rows].permute(0, 3, 1, 2)

    def close(self):
        if self.pool:
            self.pool.terminate()
        shutil.rmtree(self.decoded)
