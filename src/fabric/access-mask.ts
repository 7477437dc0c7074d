// Rights as the fabric names them, and as the mask that the addon and descriptors carry.
import { NativeAccess } from '../native/binding.ts'
import type { AccessRights } from './contract.ts'

export function rightsOf(access: number): Required<AccessRights> {
  return {
    remoteRead: (access & NativeAccess.remoteRead) !== 0,
    remoteWrite: (access & NativeAccess.remoteWrite) !== 0,
    remoteAtomic: (access & NativeAccess.remoteAtomic) !== 0,
  }
}

export function accessMask(rights: AccessRights): number {
  return (
    NativeAccess.localWrite |
    (rights.remoteRead === true ? NativeAccess.remoteRead : 0) |
    (rights.remoteWrite === true ? NativeAccess.remoteWrite : 0) |
    (rights.remoteAtomic === true ? NativeAccess.remoteAtomic : 0)
  )
}
