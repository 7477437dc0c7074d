// The fault suite between processes of one host.
import { describeFaults } from '../faults/describe-faults.ts'

describeFaults('127.0.0.1')
