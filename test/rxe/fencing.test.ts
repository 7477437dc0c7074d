// The fencing suite over rxe: the kernel executes what the peer posted.
import { describeFencing } from '../faults/describe-fencing.ts'

describeFencing()
