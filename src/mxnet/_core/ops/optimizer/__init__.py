"""Update rules of the optimizers: the rules themselves (``kernels``) and the operators made of them."""
