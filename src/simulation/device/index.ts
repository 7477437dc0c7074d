// Public surface of simulated devices.
export { QueuePairFaults } from './queue-pair-faults.ts'
export { SimulatedFabric, simulatedFabric } from './simulated-fabric.ts'
export type { SimulatedFabricOptions } from './simulated-fabric.ts'
export type { OracleChoice } from './steered-oracle.ts'
