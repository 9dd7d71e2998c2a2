"""A finished network as the start of another: release ONNX (batch norm folded in) -> checkpoint that train.py goes on from.

  warm.py --from model.onnx --views VIEWS --targets TARGETS --info targets.json --out RUN

The folded biases become batch norms again: their statistics are measured on views, their scale and shift chosen so that nothing
changes. Blocks that the old network lacks start as the identity. The heads are fitted by ridge regression.
"""
import argparse, glob, json, os
import numpy as np, onnx, torch
from onnx import numpy_helper as nh
from torch import nn
from net import Net, Heads, Block, MEAN, STD
from train import pooled_basis, Shards, POOLED_POWER


def convs(m):
    """conv+BN pairs in the order in which a trace meets them."""
    out = []
    for stage in (m.low, m.mid, m.high):
        for b in stage:
            if isinstance(b, Block): out += [(c[0], c[1], b) for c in b.body] + ([(b.shortcut[0], b.shortcut[1], b)] if b.shortcut is not None else [])
            else: out.append((b[0], b[1], b))
    return out + [(m.top[0], m.top[1], m.top)]


def ridge(x, y, lam=1e-3):
    x = torch.cat([x, torch.ones(len(x), 1)], 1).double(); y = y.double()
    g = x.T @ x; g += lam * g.diagonal().mean() * torch.eye(len(g), dtype=torch.float64)
    w = torch.linalg.solve(g, x.T @ y); return w[:-1].T.float(), w[-1].float()


@torch.no_grad()
def main():
    p = argparse.ArgumentParser()
    for k in ('from', 'views', 'targets', 'info', 'out'): p.add_argument('--' + k, required=True)
    p.add_argument('--count', type=int, default=1500); a = p.parse_args(); os.makedirs(a.out, exist_ok=True)
    g = onnx.load(getattr(a, 'from')).graph; w = {t.name: nh.to_array(t).astype(np.float32) for t in g.initializer}
    cast = {n.output[0]: n.input[0] for n in g.node if n.op_type == 'Cast'}; get = lambda n: torch.from_numpy(w[cast.get(n, n)].copy())
    old = [n for n in g.node if n.op_type == 'Conv' and get(n.input[1]).shape[0] != 320]  # oc-s1 ends with a head of 320
    torch.manual_seed(1); net = Net(); new = convs(net)
    # the old network had one block fewer in `high`: its last block is the new one's neighbour, the identity stands last
    extra = set(id(b) for b in [net.high[-1]]) if len(new) > len(old) else set()
    keep = [t for t in new if id(t[2]) not in extra]; assert len(keep) == len(old), (len(keep), len(old))
    for n, (c, bn, _) in zip(old, keep):
        assert c.weight.shape == get(n.input[1]).shape, (n.name, c.weight.shape)
        c.weight.copy_(get(n.input[1])); bn.bias.copy_(get(n.input[2])); bn.weight.fill_(1); bn.running_mean.zero_(); bn.running_var.fill_(1 - bn.eps)
    for b in net.high:
        if id(b) in extra: nn.init.zeros_(b.body[2][1].weight); nn.init.zeros_(b.body[2][1].bias)
    info = json.load(open(a.info)); sh = Shards(a, info); rows = sh.index[np.random.default_rng(0).permutation(len(sh.index))[:a.count]]
    x, t7, t14, tp = sh.batch(rows); x = (x.permute(0, 3, 1, 2).float() / 255 - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    stat = {}
    def hook(m, i, o):
        s = stat.setdefault(m, [0, 0, 0]); v = i[0].double(); s[0] += v.sum((0, 2, 3)); s[1] += (v * v).sum((0, 2, 3)); s[2] += v.numel() / v.shape[1]
    hs = [bn.register_forward_hook(hook) for _, bn, _ in new]; net.eval(); tops, mids = [], []
    for i in range(0, len(x), 50):
        _, mid, _, top = net(x[i:i + 50]); tops.append(top); mids.append(mid)
    for h in hs: h.remove()
    for _, bn, b in new:
        s = stat[bn]; m = s[0] / s[2]; v = (s[1] / s[2] - m * m).clamp_min(1e-10)
        bn.running_mean.copy_(m); bn.running_var.copy_(v)
        if id(b) in extra: continue
        bn.bias.add_(m.float()); bn.weight.copy_((v.float() + bn.eps).sqrt())
    top, mid = torch.cat(tops), torch.cat(mids)
    check = net(x[:20])[3]; print('unchanged within', (check - top[:20]).abs().max().item(), 'of', top.abs().max().item())
    basis = f'{a.out}/basis.pt'; torch.save(pooled_basis(sh, POOLED_POWER), basis); pm, pp = torch.load(basis)
    s7 = torch.tensor(info['map7']['step']); s14 = torch.tensor(info['map14']['step'])
    heads = Heads(len(s7), len(s14), pp.shape[1]); flat = lambda t: t.permute(0, 2, 3, 1).reshape(-1, t.shape[1])
    y7, y14 = flat(t7.float()) * s7, flat(t14.float()) * s14; n14 = slice(None, None, 4)
    for lin, X, Y in ((heads.map7, flat(top), y7), (heads.map14, flat(mid)[n14], y14[n14]), (heads.pooled, top.mean((2, 3)), (tp[:, :1024].float() - pm) @ pp)):
        wt, b = ridge(X, Y); lin.weight.copy_(wt.view_as(lin.weight)); lin.bias.copy_(b)
        print('relative error', (((X @ wt.T + b - Y) ** 2).sum() / ((Y - Y.mean(0)) ** 2).sum()).item())
    both = nn.ModuleList([net, heads]); sd = both.state_dict()
    torch.save(dict(model=sd, opt=None, ema={k: v.clone() for k, v in sd.items()}, step=0, spent=0., seen=0), f'{a.out}/checkpoint.pt')


if __name__ == '__main__': main()
