// The fault suite of holders, between processes of one host.
import { describeLockFaults } from '../faults/describe-lock-faults.ts'

describeLockFaults('127.0.0.1')
