// The fault suite of every protocol's regions, between processes of one host.
import { describeRegionFaults } from '../faults/describe-region-faults.ts'

describeRegionFaults('127.0.0.1')
