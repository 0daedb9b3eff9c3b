import CIsingRG
