// The fault suite over rxe: the same faults, through a queue pair and the kernel's retries.
import { describeFaults } from '../faults/describe-faults.ts'

describeFaults(process.env['UNTORN_RXE_ADDRESS'] ?? '10.99.0.1')
