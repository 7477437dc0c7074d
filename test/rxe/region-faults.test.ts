// The fault suite of every protocol's regions, over rxe.
import { describeRegionFaults } from '../faults/describe-region-faults.ts'

describeRegionFaults(process.env['UNTORN_RXE_ADDRESS'] ?? '10.99.0.1')
