"""scikit-learn's isolation forest and one-class SVM on rows of a file, one thread, for `npm run bench`.

Usage: detectors.py forest|svm TRAIN.npy TEST.npy [TREES]
Prints one JSON object: seconds to fit, seconds to score all test rows.
"""
import json
import sys
import time

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.svm import OneClassSVM


def main() -> None:
    """Fits on the first file and scores the second."""
    kind, train_file, test_file, *more = sys.argv[1:]
    train, test = np.load(train_file), np.load(test_file)
    if kind == "forest":
        detector = IsolationForest(n_estimators=int(more[0]), random_state=1, n_jobs=1)
    else:
        detector = OneClassSVM(nu=0.02, gamma=0.2 / train.shape[1])
    started = time.perf_counter()
    detector.fit(train)
    fitted = time.perf_counter()
    detector.score_samples(test)
    ended = time.perf_counter()
    print(json.dumps({"fit": fitted - started, "score": ended - fitted}))


if __name__ == "__main__":
    main()
