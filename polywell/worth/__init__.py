"""What is worth making: what is possible, how it is doped, what one gains by it, and what to try first."""
