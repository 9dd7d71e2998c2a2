/**
 * Reference values of scikit-learn 1.2.1, made by this Python:
 *
 *   import json, numpy as np, sklearn
 *   from sklearn.svm import OneClassSVM
 *   from sklearn.covariance import LedoitWolf
 *   from sklearn.ensemble import IsolationForest
 *   def rows(n, d, phase):
 *       i = np.arange(n)[:, None]; j = np.arange(d)[None, :]
 *       return np.sin(1.3 * i + 0.7 * j * j + phase) + 0.5 * np.cos(0.9 * i * j + phase) + 0.2 * j
 *   out = {'sklearn': sklearn.__version__}
 *   for name, n, d in (('wide', 12, 20), ('tall', 40, 6)):
 *       X = rows(n, d, 0.0); T = rows(5, d, 0.4)
 *       U = X / np.linalg.norm(X, axis=1, keepdims=True); V = T / np.linalg.norm(T, axis=1, keepdims=True)
 *       lw = LedoitWolf().fit(U)
 *       P = lw.precision_
 *       m = np.sqrt(np.einsum('ij,jk,ik->i', V - lw.location_, P, V - lw.location_))
 *       # distances to training rows under the same covariance, nearest
 *       D = np.sqrt([[ (v - u) @ P @ (v - u) for u in U] for v in V])
 *       w, E = np.linalg.eigh(lw.covariance_)
 *       Z = (V - lw.location_) @ E @ np.diag(w ** -.5) @ E.T
 *       out[name] = {'shrinkage': lw.shrinkage_, 'mahalanobis': m.tolist(), 'nearest': D.min(1).tolist(), 'symmetric': Z[0].tolist()}
 *   X = rows(30, 4, 0.0); T = rows(6, 4, 0.4)
 *   for nu in (0.1, 0.5):
 *       s = OneClassSVM(nu=nu, gamma=0.3, tol=1e-8).fit(X)
 *       out[f'svm{nu}'] = {'rho': float(-s.intercept_[0]), 'decision': s.decision_function(T).tolist(), 'support': s.support_.tolist()}
 *   f = IsolationForest(n_estimators=3, max_samples=16, random_state=0).fit(X)
 *   trees = []
 *   for e in f.estimators_:
 *       t = e.tree_; trees.append({'left': t.children_left.tolist(), 'right': t.children_right.tolist(), 'feature': t.feature.tolist(), 'threshold': t.threshold.tolist(), 'size': t.n_node_samples.tolist()})
 *   out['forest'] = {'subsample': 16, 'trees': trees, 'score': (-f.score_samples(T)).tolist()}
 */
// biome-ignore format: numbers
export const golden = {"sklearn": "1.2.1", "wide": {"shrinkage": 0.169009540288, "mahalanobis": [2.11976107088, 2.60668666546, 3.44390192502, 3.32656521922, 2.94297789265], "nearest": [0.604061604891, 1.83068822808, 2.14035103896, 2.08515466837, 1.84880636896], "symmetric": [-0.263545437102, 0.933495098955, 0.746779172459, 0.488138650093, 0.10970054898, 0.104976996358, 0.484827335937, -0.42315918715, 0.610368314386, 0.24422185867, 0.44179459822, 0.232928805289, 0.229365633192, -0.174839457123, -1.1997903144, 0.118636232985, -0.137919412787, 0.181756471124, 0.00396838820609, 0.221200815716]}, "tall": {"shrinkage": 0.0745571513537, "mahalanobis": [2.12013509288, 1.67046085024, 1.89433449359, 1.7873283617, 3.33114073955], "nearest": [0.684352236716, 0.551060825639, 0.785628024335, 1.02851702634, 1.97325578559], "symmetric": [-0.19998360982, 1.59308157258, 0.685288561844, 1.1372954329, 0.224462678853, 0.321909400457]}, "svm0.1": {"rho": 0.978954401666, "decision": [-0.0512967146295, 0.0407897116045, -0.0496309873908, -0.0732639451742, 0.181534771787, 0.11381505354], "support": [0, 1, 12, 13, 14, 16, 17, 18, 28, 29]}, "svm0.5": {"rho": 5.26901249642, "decision": [-0.774559684747, 0.0563588945443, -0.435102121079, -0.85434115136, 0.782074808062, 0.505211796108], "support": [0, 1, 2, 3, 4, 6, 8, 12, 13, 14, 16, 17, 18, 20, 21, 26, 28, 29]}, "forest": {"subsample": 16, "trees": [{"left": [1, 2, -1, -1, 5, 6, 7, -1, -1, 10, -1, -1, 13, 14, -1, -1, -1], "right": [4, 3, -1, -1, 12, 9, 8, -1, -1, 11, -1, -1, 16, 15, -1, -1, -1], "feature": [3, 1, -2, -2, 0, 3, 1, -2, -2, 3, -2, -2, 0, 3, -2, -2, -2], "threshold": [-0.463233656975, -0.447854550593, -2.0, -2.0, 0.645946654007, 0.225482162228, 0.253570358104, -2.0, -2.0, 0.425331080802, -2.0, -2.0, 1.48186499313, 1.48894790938, -2.0, -2.0, -2.0], "size": [16, 2, 1, 1, 14, 5, 3, 2, 1, 2, 1, 1, 9, 8, 6, 2, 1]}, {"left": [1, 2, 3, -1, 5, -1, -1, 8, -1, -1, 11, -1, 13, -1, 15, -1, -1], "right": [10, 7, 4, -1, 6, -1, -1, 9, -1, -1, 12, -1, 14, -1, 16, -1, -1], "feature": [0, 1, 2, -2, 1, -2, -2, 3, -2, -2, 0, -2, 2, -2, 0, -2, -2], "threshold": [0.120911622524, -0.322961881439, 0.812415851827, -2.0, -0.777818272571, -2.0, -2.0, 0.299014037327, -2.0, -2.0, 0.249147201621, -2.0, -0.938527953469, -2.0, 0.778032880787, -2.0, -2.0], "size": [16, 6, 4, 1, 3, 2, 1, 2, 1, 1, 10, 1, 9, 1, 8, 2, 6]}, {"left": [1, 2, 3, -1, 5, -1, -1, 8, 9, -1, -1, 12, -1, -1, 15, -1, 17, -1, 19, -1, -1], "right": [14, 7, 4, -1, 6, -1, -1, 11, 10, -1, -1, 13, -1, -1, 16, -1, 18, -1, 20, -1, -1], "feature": [0, 0, 0, -2, 0, -2, -2, 0, 0, -2, -2, 1, -2, -2, 1, -2, 0, -2, 2, -2, -2], "threshold": [0.617665107327, -0.253340659819, -0.490843145188, -2.0, -0.330822457559, -2.0, -2.0, 0.238809533519, -0.153427438291, -2.0, -2.0, 0.415767238181, -2.0, -2.0, 0.132961322205, -2.0, 0.973270295726, -2.0, -0.611563855406, -2.0, -2.0], "size": [16, 10, 4, 1, 3, 1, 2, 6, 2, 1, 1, 4, 2, 2, 6, 1, 5, 1, 4, 1, 3]}], "score": [0.445911650033, 0.424501136804, 0.50213505382, 0.582009970326, 0.554064676301, 0.400015600965]}}
