/** Networks on a GPU, as far as a machine without one can tell: who is told what, and that nothing else is blamed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { deviceError, deviceOptions } from '../../src/features/onnx/device.ts'
import { chooseDevice, readDevice } from '../../src/system/config.ts'

test('the device: a flag over the variable over the CPU, and only what there is', () => {
  assert.equal(readDevice({}), 'cpu')
  assert.equal(readDevice({ ONECLASS_DEVICE: '' }), 'cpu')
  assert.equal(readDevice({ ONECLASS_DEVICE: 'cuda' }), 'cuda')
  assert.throws(() => readDevice({ ONECLASS_DEVICE: 'tpu' }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => chooseDevice('tpu'), { code: 'INVALID_ARGUMENT' })
})

test('on the CPU no error is one of a device; on CUDA a missing part, a device that fails, and a wrong network differ', (t) => {
  t.after(() => chooseDevice('cpu'))
  const missing = new Error('OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library')
  const full = new Error('CUDA failure 2: out of memory ; GPU=0 ; hostname=x')
  const network = new Error('Load model failed: Protobuf parsing failed.')
  assert.equal(deviceError(missing), undefined)
  assert.deepEqual(deviceOptions(), {})
  chooseDevice('cuda')
  assert.deepEqual(deviceOptions(), { executionProviders: ['cuda'] })
  assert.equal(deviceError(missing)?.code, 'DEPENDENCY_MISSING')
  assert.match(deviceError(missing)?.message ?? '', /ONNXRUNTIME_NODE_INSTALL=cuda12 npm install/)
  assert.equal(deviceError(full)?.code, 'DEVICE_UNAVAILABLE')
  assert.match(deviceError(full)?.message ?? '', /out of memory.*nvidia-smi/)
  assert.equal(deviceError(network), undefined)
})

test('--device cuda says at once whether it can, in one line, and by flag as by variable', () => {
  const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
  const run = (args: string[], device: string) =>
    spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ONECLASS_DEVICE: device },
    })
  for (const { status, stderr } of [
    run(['score', 'x.jpg', '--model', 'm', '--device', 'cuda'], ''),
    run(['backbones', 'check'], 'cuda'),
  ]) {
    if (status === 0) continue // a machine with CUDA
    assert.equal(status, 1)
    assert.match(stderr, /^oneclass: (DEPENDENCY_MISSING|DEVICE_UNAVAILABLE|MODEL_NOT_FOUND): .*\n$/)
  }
  assert.match(
    run(['backbones', 'check', '--device', 'tpu'], '').stderr,
    /INVALID_ARGUMENT: Expected the device to be cpu or cuda/,
  )
})
