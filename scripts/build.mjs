import { build, installDependencies } from './setup.mjs';

installDependencies();
build();
