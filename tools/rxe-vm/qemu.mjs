/** The virtual machine as a command line: nothing here runs anything. */

export const qemuProgram = 'qemu-system-x86_64'

/**
 * What the guest's kernel copies memory with. `rep movsb` (erms, fsrm) tears inside 8-byte words when
 * emulated; without those flags it copies whole words. Protection keys are off in both, because
 * under emulation every entry into the kernel of a process that uses them (V8 does) is slow.
 */
const cpuModels = {
  words: 'max,-pku,-erms,-fsrm',
  bytes: 'max,-pku,+erms,+fsrm',
}

/** Emulated time sources cost an exit for every look at the clock, hence the reliable TSC. */
const kernelCommandLine = [
  'console=ttyS0',
  'loglevel=4',
  'panic=-1',
  'oops=panic',
  'tsc=reliable',
  'clocksource=tsc',
  'no_timer_check',
  'nowatchdog',
  'mitigations=off',
  'random.trust_cpu=on',
  'rcupdate.rcu_expedited=1',
  'cryptomgr.notests',
  'audit=0',
  '8250.nr_uarts=1',
  'i8042.noaux',
  'i8042.nokbd',
].join(' ')

/**
 * @typedef {object} Machine
 * @property {'kvm' | 'tcg'} accel
 * @property {'words' | 'bytes'} cpu
 * @property {number} memoryMib
 * @property {string | undefined} out
 * @property {string} kernelFile
 * @property {string} initramfsFile
 * @property {string} consoleFile
 */

/** @param {string} text @returns {string} as a value inside a comma-separated option */
const escapeCommas = (text) => text.replaceAll(',', ',,')

/** @param {string} tag @param {string} folder @param {string} access */
function sharedFolder(tag, folder, access) {
  // remap: the folder may hold several filesystems, whose file numbers must not collide.
  const options = `id=${tag},path=${escapeCommas(folder)},security_model=none,multidevs=remap`
  const device = `virtio-9p-pci,fsdev=${tag},mount_tag=${tag}`
  return ['-fsdev', `local,${options}${access}`, '-device', device]
}

/**
 * Descriptors 3, 4 and 5 must be connected sockets: standard output, standard error, report.
 *
 * @param {Machine} machine
 * @returns {string[]}
 */
export function qemuArguments(machine) {
  const accel = machine.accel === 'kvm' ? 'kvm' : 'tcg,thread=multi'
  const ports = [1, 2, 3].flatMap((number) => [
    ['-chardev', `socket,id=port${number},fd=${number + 2}`],
    ['-device', `virtserialport,nr=${number},chardev=port${number}`],
  ])
  return [
    ['-no-user-config', '-nodefaults', '-no-reboot', '-display', 'none'],
    ['-machine', 'pc', '-accel', accel, '-cpu', cpuModels[machine.cpu], '-smp', '2'],
    ['-m', `${machine.memoryMib}M`],
    ['-kernel', machine.kernelFile, '-initrd', machine.initramfsFile],
    ['-append', kernelCommandLine],
    ['-serial', `file:${escapeCommas(machine.consoleFile)}`],
    ['-device', 'virtio-serial-pci,max_ports=4'],
    ...ports,
    sharedFolder('untorn-root', '/', ',readonly=on'),
    machine.out === undefined ? [] : sharedFolder('untorn-out', machine.out, ''),
  ].flat()
}
