// The fencing suite between processes of one host: the peer executes what it posted.
import { describeFencing } from '../faults/describe-fencing.ts'

describeFencing()
