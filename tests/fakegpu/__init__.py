"""What remx does on a GPU, tried on pretended devices: needs ``-p tests.fakecuda.plugin``, skipped without it."""
