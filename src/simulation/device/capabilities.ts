// What a simulated device guarantees: its sampling model, in the words of capabilities. Nothing is
// promised that the model does not keep, so the chooser judges a simulated device like any other.
import type { Capabilities } from '../../fabric/capabilities.ts'
import type { NativeDeviceInfo } from '../../native/binding.ts'
import { type SamplingModel, samplingPresetNames, samplingPresets } from '../sampling-model.ts'

/** "the preset rxe", or "a model of its own" with what differs from none. */
export function describeModel(model: SamplingModel): string {
  const parameters = Object.keys(model) as (keyof SamplingModel)[]
  const name = samplingPresetNames.find((preset) =>
    parameters.every((parameter) => samplingPresets[preset][parameter] === model[parameter]),
  )
  return name === undefined ? 'a sampling model of its own' : `the sampling model ${name}`
}

export function simulatedCapabilities(model: SamplingModel, info: NativeDeviceInfo): Capabilities {
  const source = `${describeModel(model)} says so, and the simulator keeps to it`
  const { limits } = info
  return {
    atomicGranuleBytes: model.atomicGranuleBytes,
    sampling: model.sampling === 'ascending' ? 'ascending' : 'arbitrary',
    readAfterRead: model.readAfterRead,
    replay: model.replay !== 'off',
    writeCompletion: model.writeCompletion,
    atomics: model.nicAtomics,
    relaxedOrdering: model.writePlacement !== 'ascending',
    readDepthMax: limits.readDepthMax,
    inlineBytesMax: limits.inlineBytesMax,
    sendBytesMax: limits.sendBytesMax,
    scatterEntriesMax: limits.scatterEntriesMax,
    queueDepthMax: limits.queueDepthMax,
    pathMtuBytes: model.packetBytes,
    evidence: [
      `granule ${model.atomicGranuleBytes}: ${source}`,
      `sampling: ${model.sampling}; ${source}`,
    ],
  }
}
