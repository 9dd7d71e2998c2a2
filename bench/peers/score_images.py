"""What a data scientist would write in an afternoon: Pillow, PyTorch's MobileNet v2, scikit-learn. For `npm run bench`.

Usage: score_images.py TRAIN_DIR TEST_DIR
The weights are random, which changes no time. Prints one JSON object: images scored and seconds from the first file to the last
score; loading the libraries and fitting are not counted.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from torchvision import models, transforms

BATCH = 16
TO_TENSOR = transforms.Compose(
    [
        transforms.Resize((224, 224)),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


def embed(network: torch.nn.Module, files: list) -> np.ndarray:
    """Embeddings of image files, shape (n, 1280)."""
    rows = []
    with torch.inference_mode():
        for start in range(0, len(files), BATCH):
            images = [TO_TENSOR(Image.open(file).convert("RGB")) for file in files[start : start + BATCH]]
            maps = network.features(torch.stack(images))
            rows.append(maps.mean(dim=(2, 3)).numpy())
    return np.concatenate(rows)


def main() -> None:
    """Fits on one folder and scores another."""
    train_files, test_files = (sorted(p for p in Path(folder).iterdir() if p.is_file()) for folder in sys.argv[1:3])
    network = models.mobilenet_v2().eval()
    train = embed(network, train_files[:200])
    scaler = StandardScaler().fit(train)
    rows = scaler.transform(train)
    forest = IsolationForest(n_estimators=100, random_state=1).fit(rows)
    svm = OneClassSVM(nu=0.05, gamma="scale").fit(rows)
    embed(network, test_files[:BATCH])
    started = time.perf_counter()
    rows = scaler.transform(embed(network, test_files))
    scores = forest.score_samples(rows) + svm.score_samples(rows)
    seconds = time.perf_counter() - started
    print(json.dumps({"images": len(scores), "seconds": seconds}))


if __name__ == "__main__":
    main()
