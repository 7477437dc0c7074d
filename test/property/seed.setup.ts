// Gives fast-check the run's seed, so that a failure of CI can be had again with UNTORN_SEED.
import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['UNTORN_SEED']) })
