import { buildAddon, installDependencies } from './setup.mjs';

installDependencies();
buildAddon();
