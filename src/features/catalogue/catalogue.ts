/** Well-known public networks that `oneclass backbones pull` fetches. Nothing of them is in this package. */
import type { BackboneManifest } from '../backbone.ts'

export interface CatalogueEntry {
  readonly id: string
  /** Pinned to a commit, so that what it gives cannot change. */
  readonly url: string
  /** Hex; null where it is not known beforehand: then the first download's hash is kept in the manifest. */
  readonly sha256: string | null
  readonly bytes: number | null
  readonly license: string
  readonly dim: number
  readonly description: string
  /** How images are fed; the tensor's name is read from the file. */
  readonly input: Omit<BackboneManifest['input'], 'name'>
  /** Default: the network's only vector, or what feeds its classifier. */
  readonly embedding?: BackboneManifest['outputs']['embedding']
}

/** As ImageNet networks of PyTorch's lineage are trained. */
export const imageNetInput: CatalogueEntry['input'] = {
  width: 224,
  height: 224,
  layout: 'NCHW',
  channels: 'RGB',
  resize: 'stretch',
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
}

const onnxModels = 'https://media.githubusercontent.com/media/onnx/models/4c46cd00fbdb7cd30b6c1c17ab54f2e1f4f7b177'

export const catalogue: readonly CatalogueEntry[] = [
  {
    id: 'mobilenetv2',
    url: `${onnxModels}/validated/vision/classification/mobilenet/model/mobilenetv2-12.onnx`,
    sha256: 'c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5',
    bytes: 13_964_571,
    license: 'Apache-2.0',
    dim: 1280,
    description: 'MobileNet v2, ImageNet (ONNX Model Zoo): fast, general',
    input: imageNetInput,
  },
  {
    id: 'resnet50',
    url: `${onnxModels}/validated/vision/classification/resnet/model/resnet50-v2-7.onnx`,
    sha256: null,
    bytes: null,
    license: 'Apache-2.0',
    dim: 2048,
    description: 'ResNet-50 v2, ImageNet (ONNX Model Zoo), about 102 MB: stronger, slower',
    input: imageNetInput,
  },
  {
    id: 'dinov2-small',
    url: 'https://huggingface.co/Xenova/dinov2-small/resolve/560a572cedd01ab59cf1a614c2d9673397b65ef2/onnx/model.onnx',
    sha256: '83141175ec78b4ff9a2bb58a4c7c264ba0054d1c2e122e5a8114b79a8d4179ea',
    bytes: null,
    license: 'Apache-2.0',
    dim: 384,
    description:
      'DINOv2 ViT-S/14 (Meta, exported by Xenova), 88.5 MB: the strongest for identity and kind, slow on a CPU',
    input: imageNetInput,
    embedding: { name: 'last_hidden_state', dim: 384, token: 'first' },
  },
]
