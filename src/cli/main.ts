#!/usr/bin/env node
// Entry of the command `untorn`. Sets the exit status and lets the process end by itself, so that
// everything written to a pipe arrives.
import { runProgram } from './program.ts'
import { processTerminal } from './terminal.ts'

process.exitCode = await runProgram(process.argv.slice(2), processTerminal)
