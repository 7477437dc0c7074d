// placeholder until the set-up step is written
