// The fault suite of holders over rxe: the same faults, through a queue pair and the kernel's retries.
import { describeLockFaults } from '../faults/describe-lock-faults.ts'

describeLockFaults(process.env['UNTORN_RXE_ADDRESS'] ?? '10.99.0.1')
